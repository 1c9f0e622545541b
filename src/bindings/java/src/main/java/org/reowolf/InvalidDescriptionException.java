// SPDX-License-Identifier: MIT
package org.reowolf;

/** The protocol description is not valid; the message is the diagnostic, with line and column. */
public class InvalidDescriptionException extends ConnectorException {
    private static final long serialVersionUID = 1;

    public InvalidDescriptionException(String message) {
        super(message);
    }

    InvalidDescriptionException(String message, int errno) {
        super(message, errno);
    }
}
