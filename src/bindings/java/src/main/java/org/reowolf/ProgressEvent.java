// SPDX-License-Identifier: MIT
package org.reowolf;

/**
 * What a connector tells of what takes long.
 *
 * @param kind what it is
 * @param peer the name of the peer
 * @param text of {@link Kind#LISTENING} at which address, of {@link Kind#CONNECTING} what is known, for
 *     people; otherwise empty
 * @param done bytes that have gone or come; before, how many of the other peers are there
 * @param total bytes of all of it; before, how many other peers there are
 */
public record ProgressEvent(Kind kind, String peer, String text, long done, long total) {
    public enum Kind {
        /** This peer listens from now on. */
        LISTENING,
        /** Of another one something else is known than before. */
        CONNECTING,
        /** Values of 1 MiB or more together are on their way to a peer. */
        SENDING,
        /** A value of 1 MiB or more is on its way from a peer. */
        RECEIVING
    }
}
