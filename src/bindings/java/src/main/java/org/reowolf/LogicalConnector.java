// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;

/** Logical communication: whatever of the offers and polls can happen first, happens. */
public class LogicalConnector extends Connector {
    public LogicalConnector() {
        super(LOGICAL);
    }

    LogicalConnector(int connectorClass) {
        super(connectorClass);
    }

    /** Prepares a value that may go out through the port. It is copied; null takes it back. */
    public void offer(String port, byte[] buffer) {
        give(Native.OFFER, port, buffer);
    }

    /** Prepares an array for a value that may come in through the port; null takes it back. */
    public void poll(String port, byte[] buffer) {
        take(Native.POLL, port, buffer);
    }

    /**
     * Waits until at least one of the prepared ports has fired; {@link #decide} tells which.
     *
     * @return whether the protocol has expired and may be renegotiated
     * @throws ConnectorException as {@link RealtimeConnector#sync}
     */
    public boolean await() throws IOException {
        return round(Native.AWAIT);
    }
}
