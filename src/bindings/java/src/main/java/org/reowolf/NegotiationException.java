// SPDX-License-Identifier: MIT
package org.reowolf;

/** The peers cannot agree on a protocol. */
public class NegotiationException extends ConnectorException {
    private static final long serialVersionUID = 1;

    public NegotiationException(String message) {
        super(message);
    }

    NegotiationException(String message, int errno) {
        super(message, errno);
    }
}
