// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Assertions that are always on, and peers as threads. */
final class Check {
    interface Action {
        void run() throws Exception;
    }

    interface Call<T> {
        T run() throws Exception;
    }

    private static final ExecutorService THREADS =
            Executors.newCachedThreadPool(
                    work -> {
                        final Thread thread = new Thread(work);
                        thread.setDaemon(true);
                        return thread;
                    });

    private Check() {}

    static void that(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object expected, Object found) {
        that(expected.equals(found), "expected " + expected + ", found " + found);
    }

    /** The action must throw exactly this; what it threw is returned. */
    static <T extends Throwable> T thrown(Class<T> expected, Action action) {
        try {
            action.run();
        } catch (Throwable found) {
            if (found.getClass() != expected) {
                throw new AssertionError("expected " + expected.getName(), found);
            }
            return expected.cast(found);
        }
        throw new AssertionError("expected " + expected.getName() + ", nothing was thrown");
    }

    /** An action as a call without a result. */
    static Call<Void> done(Action action) {
        return () -> {
            action.run();
            return null;
        };
    }

    static <T> Future<T> begin(Call<T> call) {
        return THREADS.submit(call::run);
    }

    static <T> T finish(Future<T> call) throws Exception {
        try {
            return call.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Exception) {
                throw (Exception) failed.getCause();
            }
            throw failed;
        }
    }

    /** The calls, each in a thread of its own, and all of their results. */
    @SafeVarargs
    static <T> List<T> together(Call<T>... calls) throws Exception {
        final List<Future<T>> begun = new ArrayList<>();
        for (Call<T> call : calls) {
            begun.add(begin(call));
        }
        final List<T> results = new ArrayList<>();
        for (Future<T> call : begun) {
            results.add(finish(call));
        }
        return results;
    }

    /** Places at which nobody listens. */
    static List<InetSocketAddress> freePlaces(int count) throws IOException {
        final List<ServerSocket> sockets = new ArrayList<>();
        final List<InetSocketAddress> places = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
            final ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            sockets.add(socket);
            places.add((InetSocketAddress) socket.getLocalSocketAddress());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return places;
    }

    /** The text with the next of the places for each '$'. */
    static String withPlaces(String text, List<InetSocketAddress> places) {
        final StringBuilder result = new StringBuilder();
        int next = 0;
        for (char each : text.toCharArray()) {
            if (each == '$') {
                result.append("127.0.0.1:").append(places.get(next++).getPort());
            } else {
                result.append(each);
            }
        }
        return result.toString();
    }

    /** The same with free places. */
    static String withAddresses(String text) throws IOException {
        return withPlaces(text, freePlaces((int) text.chars().filter(each -> each == '$').count()));
    }
}
