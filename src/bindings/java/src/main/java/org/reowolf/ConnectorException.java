// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;

/**
 * What goes wrong in an operation that has to wait for others, or to change what the peers have in
 * common. The message explains it: who was missing, or what did not fit. {@link #errno()} is what the C
 * interface says.
 */
public class ConnectorException extends IOException {
    private static final long serialVersionUID = 1;

    /** The {@link #errno()} when a peer has left or died, and nothing of the round has happened. */
    public static final int EPIPE = 32;

    /**
     * The {@link #errno()} when the connection was lost while the outcome was open: it is unknown
     * whether the round has happened at the others.
     */
    public static final int ECONNABORTED = 103;

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
