// SPDX-License-Identifier: MIT
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Stands between peers, passes on what they say, and puts something in when asked to. */
final class Middleman implements AutoCloseable {
    private final List<Closeable> open = new ArrayList<>();
    /** What leads to the peer at the first of the addresses behind. */
    private final List<OutputStream> towardsFirst = new ArrayList<>();

    /** Whoever calls a door speaks with the address behind it. */
    Middleman(List<InetSocketAddress> doors, List<InetSocketAddress> behind) throws IOException {
        for (int i = 0; i < doors.size(); ++i) {
            final ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(doors.get(i));
            keep(listener);
            final InetSocketAddress called = behind.get(i);
            final boolean isFirst = i == 0;
            Check.begin(Check.done(() -> answer(listener, called, isFirst)));
        }
    }

    private synchronized <T extends Closeable> T keep(T each) {
        open.add(each);
        return each;
    }

    private void answer(ServerSocket door, InetSocketAddress behind, boolean isFirst)
            throws IOException {
        while (true) {
            final Socket caller = keep(door.accept());
            final Socket called = keep(new Socket());
            try {
                called.connect(behind);
            } catch (IOException nobodyThere) {
                caller.close();
                continue;
            }
            synchronized (this) {
                towardsFirst.add((isFirst ? called : caller).getOutputStream());
            }
            Check.begin(Check.done(() -> pass(caller, called)));
            Check.begin(Check.done(() -> pass(called, caller)));
        }
    }

    private void pass(Socket from, Socket to) throws IOException {
        try (from;
                to) {
            final InputStream in = from.getInputStream();
            final OutputStream out = to.getOutputStream();
            final byte[] bytes = new byte[1 << 16];
            for (int size = in.read(bytes); size > 0; size = in.read(bytes)) {
                synchronized (this) {
                    out.write(bytes, 0, size);
                }
            }
        }
    }

    /** The first hears this, as if the other had said it. */
    synchronized void say(byte[] bytes) {
        for (OutputStream out : towardsFirst) {
            try {
                out.write(bytes);
            } catch (IOException closed) {
                // Another of its connections it is, then.
                continue;
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }
}
