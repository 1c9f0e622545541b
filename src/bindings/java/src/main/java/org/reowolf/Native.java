// SPDX-License-Identifier: MIT
package org.reowolf;

import java.nio.ByteBuffer;

/**
 * The functions of {@code reowolf/connector.h}. Strings are zero-terminated UTF-8. What is negative is
 * a negated errno.
 */
final class Native {
    static final int PUT = 0;
    static final int OFFER = 1;

    static final int GET = 0;
    static final int OPT = 1;
    static final int POLL = 2;

    static final int SYNC = 0;
    static final int AWAIT = 1;

    private Native() {}

    static native int create(int connectorClass);

    static native int release(int conn);

    static native int configure(int conn, byte[] description);

    static native byte[] checkdesc(byte[] description);

    static native int connect(int conn);

    static native int closePort(int conn, byte[] port);

    static native int timeout(int conn, long milliseconds);

    static native int give(int call, int conn, byte[] port, byte[] value);

    /** The room, a direct buffer or null, is the native side's until the round is over. */
    static native int take(int call, int conn, byte[] port, ByteBuffer room, int size);

    static native int or(int conn);

    static native int chosen(int conn);

    static native int round(int call, int conn);

    static native long length(int conn, byte[] port);

    static native int decide(int conn, byte[] port, byte[] buffer);

    static native int fresh(int conn, byte[] port);

    static native byte[] error(int conn);
}
