// SPDX-License-Identifier: MIT
package org.reowolf;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A peer's end of a protocol among any number of peers.
 *
 * <p>A connector is configured with a protocol description, connected, and then used round by round
 * with the operations of its class. A connector is used by one thread at a time: a second thread in a
 * call is refused. Different connectors are independent, and may be peers of each other.
 *
 * <p>Values are bytes: a scalar has its size and the machine's byte order
 * ({@link java.nio.ByteOrder#nativeOrder()}), {@code string} (UTF-8) and {@code u8[]} are their bytes,
 * other types have the wire encoding: little-endian, packed, a {@code u32} count before the elements of
 * an array.
 *
 * <p>Operations that can fail without the caller's mistake declare it: whatever fails in them is an
 * {@link IOException}, mistakes too. Of the others mistakes are unchecked:
 * {@link IllegalArgumentException} for a port that is not declared, belongs to another peer, has the
 * other direction, or carries values of another size; {@link IllegalStateException} for a call that the
 * connector's state does not allow. A call that fails has changed nothing.
 */
public abstract class Connector implements AutoCloseable {
    static final int REALTIME = 1;
    static final int LOGICAL = 2;
    static final int DYNAMIC = 3;

    private static final Duration LONGEST = Duration.ofDays(100_000);
    private static final Duration ALMOST_A_MILLISECOND = Duration.ofNanos(999_999);

    /** Enough for most values of fixed size; those of other types need no room at the native side. */
    private static final int ROOM_BYTES = 4096;

    private static final Cleaner CLEANER = Cleaner.create();

    /** Releases the connector once, when it is closed or collected. */
    private static final class Release implements Runnable {
        private final int number;
        private boolean isDone;
        /** What the native side keeps of the listener. */
        private long listening;

        Release(int number) {
            this.number = number;
        }

        @Override
        public synchronized void run() {
            isDone = isDone || Native.release(number) != -Errno.EBUSY;
            if (isDone) {
                listen(0);
            }
        }

        synchronized void listen(long next) {
            Native.forgetProgress(listening);
            listening = next;
        }

        synchronized boolean isDone() {
            return isDone;
        }
    }

    static {
        NativeLibrary.load();
    }

    /** The connector's number; -1 once it is closed, as then another one may have it. */
    private volatile int conn;
    /** What the next round fills, by port, in each of the alternatives. */
    private final List<Map<String, byte[]>> awaited = new ArrayList<>();
    /**
     * Where the native side leaves what comes in, whichever port it is from: when the round is over, it
     * is fetched from there into the arrays.
     */
    private ByteBuffer room = ByteBuffer.allocateDirect(ROOM_BYTES);
    /** Smaller ones from before: what is prepared may refer to them for as long as there is the connector. */
    private final List<ByteBuffer> outgrown = new ArrayList<>();
    /** The native side holds it weakly, so that it may refer to the connector. */
    private ProgressListener listener;
    private final Release release;
    private final Cleaner.Cleanable cleanable;

    Connector(int connectorClass) {
        conn = Native.create(connectorClass);
        if (conn < 0) {
            throw mistake(-conn, text(Native.error(-1)));
        }
        release = new Release(conn);
        cleanable = CLEANER.register(this, release);
        forget();
    }

    final int conn() {
        return conn;
    }

    private void forget() {
        awaited.clear();
        awaited.add(new HashMap<>());
    }

    /**
     * Gives the connector its protocol: a module of the protocol description language with one
     * {@code connector} and one {@code self}.
     *
     * @throws InvalidDescriptionException if the description is not valid; nothing has changed then
     */
    public void configure(String desc) throws IOException {
        final int errno = -Native.configure(conn, whole(desc));
        if (errno == Errno.EINVAL) {
            throw new InvalidDescriptionException(text(Native.error(conn)), errno);
        }
        check(errno);
        forget();
    }

    /**
     * Checks a protocol description.
     *
     * @throws InvalidDescriptionException if it is not valid, with the diagnostic
     */
    public static void checkdesc(String desc) throws InvalidDescriptionException {
        final String diagnostic = text(Native.checkdesc(whole(desc)));
        if (!diagnostic.isEmpty()) {
            throw new InvalidDescriptionException(diagnostic, Errno.EINVAL);
        }
    }

    /**
     * Waits until all other peers are there and have the same protocol. They may start in any order.
     *
     * @throws NegotiationException if the peers cannot agree on a protocol
     * @throws ConnectorTimeoutException if a peer is not there in time, 30 s without {@link #timeout}
     * @throws ConnectorException if an address cannot be used or reached
     */
    public void connect() throws IOException {
        check(Native.connect(conn));
    }

    /** Closes a port: for the rest of the protocol it stays silent. */
    public void close(String port) throws IOException {
        check(Native.closePort(conn, name(port)));
    }

    /**
     * Leaves the connector and releases what it holds. What others need to finish the last round is
     * delivered first. Does nothing if it was closed before.
     *
     * @throws IllegalStateException if another thread is in a call; the connector is not closed then
     */
    @Override
    public void close() {
        release.run();
        if (!release.isDone()) {
            throw mistake(Errno.EBUSY, text(Native.error(conn)));
        }
        conn = -1;
        cleanable.clean();
    }

    /** How long connect, sync and await wait; null: for ever; zero: they try once. */
    public void timeout(Duration limit) {
        final boolean isForever = limit == null || limit.compareTo(LONGEST) > 0;
        unchecked(Native.timeout(conn, isForever ? -1 : limit.plus(ALMOST_A_MILLISECOND).toMillis()));
    }

    /**
     * Has the listener told while the connector connects, and some ten times a second while large values
     * are on their way; the last time when all of it has gone or come. Before connecting; null: nobody is
     * told any more.
     */
    public void onProgress(ProgressListener listener) {
        final long listening = Native.progress(conn, listener);
        unchecked((int) Math.min(listening, 0));
        this.listener = listener;
        release.listen(listening);
    }

    /**
     * Ends one batch of what is prepared and begins an alternative one: one of them happens, and
     * {@link #chosen} tells which. That is an earlier one rather than a later one, as a rule and not
     * always: now and then it is the turn of the one that happened longest ago.
     */
    public void or() {
        unchecked(Native.or(conn));
        awaited.add(new HashMap<>());
    }

    /** Which batch happened in the last round, counted from 0. */
    public int chosen() {
        final int chosen = Native.chosen(conn);
        unchecked(Math.min(chosen, 0));
        return chosen;
    }

    /** How many bytes came in through the port in the last round; 0 if it did not fire. */
    public int length(String port) {
        final long length = Native.length(conn, name(port));
        unchecked((int) Math.min(length, 0));
        return (int) length;
    }

    /**
     * What came in through the port in the last round.
     *
     * @param buffer gets as much of the value as it has room for; of exactly the size if the port's type
     *     has one
     * @return whether the port fired; if not, the buffer is left as it is
     */
    public boolean decide(String port, byte[] buffer) {
        final int fired = Native.decide(conn, name(port), buffer);
        unchecked(Math.min(fired, 0));
        return fired == 1;
    }

    /** Prepares a port that values go out through; null takes back what was prepared. */
    final void give(int call, String port, byte[] buffer) {
        unchecked(Native.give(call, conn, name(port), buffer));
    }

    /** Prepares a port that values come in through; null takes back what was prepared. */
    final void take(int call, String port, byte[] buffer) {
        final Map<String, byte[]> batch = awaited.get(awaited.size() - 1);
        if (buffer == null) {
            unchecked(Native.take(call, conn, name(port), null, 0));
            batch.remove(port);
            return;
        }
        final int size = Math.min(buffer.length, room.capacity());
        int result = Native.take(call, conn, name(port), room, size);
        if (result == -Errno.EMSGSIZE && size < buffer.length) {
            result = takeWide(call, port, buffer.length);
        }
        unchecked(result);
        batch.put(port, buffer);
    }

    /** The same for a value of fixed size that is larger than all before. */
    private int takeWide(int call, String port, int size) {
        final ByteBuffer wider = ByteBuffer.allocateDirect(Math.max(size, 2 * room.capacity()));
        final int result = Native.take(call, conn, utf8(port), wider, size);
        if (result == 0) {
            outgrown.add(room);
            room = wider;
        }
        return result;
    }

    /** One round by one of the calls of {@link Native}; true: the protocol has expired. */
    final boolean round(int call) throws IOException {
        final int status = Native.round(call, conn);
        check(Math.min(status, 0));
        awaited.get(Native.chosen(conn)).forEach((port, each) -> Native.decide(conn, utf8(port), each));
        forget();
        return status == 1;
    }

    /** Throws what a negated errno means, where the caller has to expect it. */
    final void check(int result) throws IOException {
        final int errno = Math.abs(result);
        if (errno == 0) {
            return;
        }
        final String message = text(Native.error(conn));
        switch (errno) {
            case Errno.EPROTONOSUPPORT:
                throw new NegotiationException(message, errno);
            case Errno.ETIMEDOUT:
                throw new ConnectorTimeoutException(message, errno);
            case Errno.EDEADLK:
                throw new UnsatisfiableBehaviorException(message, errno);
            case Errno.EPROTO:
                throw new DeviatedBehaviorException(message, errno);
            default:
                throw new ConnectorException(explained(errno, message), errno);
        }
    }

    /** The same where the draft declares no exception. */
    final void unchecked(int result) {
        if (result != 0) {
            final int errno = Math.abs(result);
            throw mistake(errno, text(Native.error(conn)));
        }
    }

    private static RuntimeException mistake(int errno, String message) {
        switch (errno) {
            case Errno.EINVAL:
            case Errno.ENOENT:
            case Errno.EACCES:
            case Errno.EPERM:
            case Errno.EMSGSIZE:
                return new IllegalArgumentException(message);
            default:
                return new IllegalStateException(explained(errno, message));
        }
    }

    /** What the native side does not know is a connector that was closed here. */
    private static String explained(int errno, String message) {
        return errno == Errno.EBADF ? "the connector is closed" : message;
    }

    /** A description: what stands behind a zero must not go unnoticed. */
    private static byte[] whole(String desc) throws InvalidDescriptionException {
        if (Objects.requireNonNull(desc, "the description is null").indexOf('\0') >= 0) {
            throw new InvalidDescriptionException("the description has a zero byte", Errno.EINVAL);
        }
        return utf8(desc);
    }

    /** Of a port, which must not be taken for another one. */
    static byte[] name(String port) {
        if (Objects.requireNonNull(port, "the name of the port is null").indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the name of the port has a zero byte");
        }
        return utf8(port);
    }

    /** Zero-terminated; Java's own form of UTF-8 for native code is another one. */
    private static byte[] utf8(String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
