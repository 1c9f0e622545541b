// SPDX-License-Identifier: MIT
package org.reowolf;

/** A peer did not connect or synchronise in time. Nothing has happened in the round. */
public class ConnectorTimeoutException extends ConnectorException {
    private static final long serialVersionUID = 1;

    public ConnectorTimeoutException(String message) {
        super(message);
    }

    ConnectorTimeoutException(String message, int errno) {
        super(message, errno);
    }
}
