// SPDX-License-Identifier: MIT
package org.reowolf;

/** Dynamic communication: a logical connector whose ports can carry ports. */
public class DynamicConnector extends LogicalConnector {
    public DynamicConnector() {
        super(DYNAMIC);
    }

    /**
     * Offers a freshly allocated local port name as data to the port; after synchronisation
     * {@link #decide} retrieves the name.
     */
    public void fresh(String port) {
        unchecked(Native.fresh(conn, utf8(port)));
    }
}
