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

    /**
     * Has the listener told. It is held weakly; null: nobody is told any more. What is returned, if not
     * negative, is to be forgotten when it has been replaced, or the connector released.
     */
    static native long progress(int conn, ProgressListener listener);

    static native void forgetProgress(long listening);

    /** Called by the native side, which does not know what to do with what is thrown. */
    @SuppressWarnings("unused")
    private static void report(
            ProgressListener listener, int what, byte[] peer, byte[] text, long done, long total) {
        try {
            final ProgressEvent.Kind kind = ProgressEvent.Kind.values()[what - 1];
            listener.progressed(
                    new ProgressEvent(kind, Connector.text(peer), Connector.text(text), done, total));
        } catch (Throwable thrown) {
            final Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
        }
    }
}
