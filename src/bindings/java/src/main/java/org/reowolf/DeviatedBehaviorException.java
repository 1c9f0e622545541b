// SPDX-License-Identifier: MIT
package org.reowolf;

/** A peer deviated from the agreed protocol. Nothing has happened in the round. */
public class DeviatedBehaviorException extends ConnectorException {
    private static final long serialVersionUID = 1;

    public DeviatedBehaviorException(String message) {
        super(message);
    }

    DeviatedBehaviorException(String message, int errno) {
        super(message, errno);
    }
}
