// SPDX-License-Identifier: MIT
package org.reowolf;

/**
 * Dynamic communication: a logical connector whose ports can carry ports. A port in a buffer is its
 * name, as UTF-8: one that this peer has, to be handed over with {@link #offer}, or the one that a
 * port which came in through {@link #poll} has here from now on.
 */
public class DynamicConnector extends LogicalConnector {
    public DynamicConnector() {
        super(DYNAMIC);
    }

    /**
     * Offers a freshly allocated local port name as data to the port; after synchronisation
     * {@link #decide} retrieves the name. Under it this peer has one end of a new channel; whoever
     * gets what was offered has the other.
     */
    public void fresh(String port) {
        unchecked(Native.fresh(conn(), name(port)));
    }
}
