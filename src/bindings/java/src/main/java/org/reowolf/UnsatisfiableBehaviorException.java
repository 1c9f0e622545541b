// SPDX-License-Identifier: MIT
package org.reowolf;

/** What the peers have prepared fits no behaviour of the protocol. Nothing has happened in the round. */
public class UnsatisfiableBehaviorException extends ConnectorException {
    private static final long serialVersionUID = 1;

    public UnsatisfiableBehaviorException(String message) {
        super(message);
    }

    UnsatisfiableBehaviorException(String message, int errno) {
        super(message, errno);
    }
}
