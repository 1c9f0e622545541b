// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;

/** Real-time communication: puts and gets are prepared, then all peers step together with sync. */
public class RealtimeConnector extends Connector {
    public RealtimeConnector() {
        super(REALTIME);
    }

    /**
     * Prepares a value to go out through the port at the next sync. It is copied. Again for the same
     * port: replaces it; null takes it back. No communication takes place.
     */
    public void put(String port, byte[] buffer) {
        give(Native.PUT, port, buffer);
    }

    /**
     * Prepares an array for the value that must come in through the port at the next sync; it is
     * filled only when that succeeds. Again for the same port: replaces it; null takes it back.
     */
    public void get(String port, byte[] buffer) {
        take(Native.GET, port, buffer);
    }

    /** As get, for a value that may come or not; {@link #decide} tells. */
    public void opt(String port, byte[] buffer) {
        take(Native.OPT, port, buffer);
    }

    /**
     * One round: everything that the peers have prepared happens, or nothing of it happens. Blocks
     * until it is decided. After a failure what was prepared stays prepared.
     *
     * @return whether with this round the protocol has expired and may be renegotiated
     * @throws ConnectorTimeoutException if a peer did not synchronise in time
     * @throws UnsatisfiableBehaviorException if what was put and got fits no behaviour of the protocol
     * @throws DeviatedBehaviorException if a peer deviated from the protocol
     * @throws NegotiationException if renegotiation of the protocol did not lead to an agreement
     * @throws ConnectorException if a peer has left or died (EPIPE), or the connection was lost while the
     *     outcome was open (ECONNABORTED)
     */
    public boolean sync() throws IOException {
        return round(Native.SYNC);
    }
}
