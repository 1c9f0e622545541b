// SPDX-License-Identifier: MIT
package org.reowolf;

/** Is told of what takes long; see {@link Connector#onProgress}. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Is called by the thread that waits in a call or, when nobody does, by another one. It should return
     * soon. Calls for the connector are refused in it. What it throws goes to
     * the thread's handler of uncaught exceptions, and nowhere else.
     */
    void progressed(ProgressEvent event);
}
