// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;

/**
 * What goes wrong with a connector without being the caller's mistake. The message explains it: who
 * was missing, or what did not fit. {@link #errno()} is what the C interface says.
 */
public class ConnectorException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    public ConnectorException(String message) {
        this(message, 0);
    }

    ConnectorException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** The errno of the C interface, or 0. */
    public int errno() {
        return errno;
    }
}
