// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.reowolf.Connector;
import org.reowolf.ProgressEvent;
import org.reowolf.ProgressEvent.Kind;
import org.reowolf.ProgressListener;
import org.reowolf.RealtimeConnector;

/** What is told of connecting, and of large values that are on their way. */
final class Progress {
    private static final String ONE_WAY =
            "connector one_way {\n"
                    + "    peer amy = \"$\" { in<u8[]> give; }\n"
                    + "    peer bob = \"$\" { out<u8[]> take; }\n"
                    + "    new pass(amy.give, bob.take) at bob;\n"
                    + "}\n"
                    + "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";

    /** Keeps what it is told, and finds that the connector cannot be used meanwhile. */
    private static final class Log implements ProgressListener {
        private final Connector connector;
        private final Queue<ProgressEvent> events = new ConcurrentLinkedQueue<>();

        Log(Connector connector) {
            this.connector = connector;
        }

        @Override
        public void progressed(ProgressEvent event) {
            events.add(event);
            Check.thrown(IllegalStateException.class, () -> connector.timeout(null));
            Check.thrown(IllegalStateException.class, connector::close);
        }

        boolean has(Kind kind) {
            return events.stream().anyMatch(each -> each.kind() == kind);
        }
    }

    private static Log logged(Connector connector) {
        final Log log = new Log(connector);
        connector.onProgress(log);
        return log;
    }

    private static void connecting() throws Exception {
        try (var amy = new RealtimeConnector()) {
            final Log replaced = logged(amy);
            final Log log = logged(amy);
            amy.configure("self amy;\n" + Check.withAddresses(ONE_WAY));
            amy.timeout(Duration.ZERO);
            Check.thrown(org.reowolf.ConnectorException.class, amy::connect);
            final ProgressEvent first = log.events.remove();
            Check.equal(Kind.LISTENING, first.kind());
            Check.equal("amy", first.peer());
            Check.that(first.text().startsWith("127.0.0.1:"), first.text());
            final ProgressEvent second = log.events.remove();
            Check.equal(Kind.CONNECTING, second.kind());
            Check.equal("bob", second.peer());
            Check.equal(0L, second.done());
            Check.equal(1L, second.total());
            Check.that(!second.text().isEmpty(), "nothing is known of bob");
            Check.that(replaced.events.isEmpty(), "who was replaced is told");
        }
        try (var amy = new RealtimeConnector()) {
            final Log log = logged(amy);
            amy.onProgress(null);
            amy.configure("self amy;\n" + Check.withAddresses(ONE_WAY));
            amy.timeout(Duration.ZERO);
            Check.thrown(org.reowolf.ConnectorException.class, amy::connect);
            Check.that(log.events.isEmpty(), "who was taken back is told");
        }
    }

    /** Rounds until both have been told of a value on its way: some ten times a second somebody looks. */
    private static void transferring() throws Exception {
        final int rounds = 2000;
        final byte[] value = new byte[16 << 20];
        value[value.length - 1] = 7;
        final byte[] taken = new byte[value.length];
        final var amy = new RealtimeConnector();
        final var bob = new RealtimeConnector();
        final Log sent = logged(amy);
        final Log received = logged(bob);
        try (var pair = new Pair<>(amy, bob, ONE_WAY)) {
            Check.thrown(IllegalStateException.class, () -> amy.onProgress(null));
            boolean areTold = false;
            for (int i = 0; i < rounds && !areTold; ++i) {
                amy.put("give", value);
                bob.get("take", taken);
                pair.round();
                areTold = sent.has(Kind.SENDING) && received.has(Kind.RECEIVING);
            }
            Check.that(areTold, "not told in " + rounds + " rounds");
            Check.that(taken[taken.length - 1] == 7, "another value came");
        }
        for (ProgressEvent each : sent.events) {
            Check.that(each.done() <= each.total(), each.toString());
            Check.that(each.kind() == Kind.LISTENING || each.peer().equals("bob"), each.toString());
        }
    }

    /** What a listener throws harms nobody but is not lost. */
    private static void throwing() throws Exception {
        final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
        final var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.add(thrown));
        final var amy = new RealtimeConnector();
        final IllegalStateException thrown = new IllegalStateException("thrown in a listener");
        amy.onProgress(
                event -> {
                    throw thrown;
                });
        new Pair<>(amy, new RealtimeConnector(), ONE_WAY).close();
        Thread.setDefaultUncaughtExceptionHandler(before);
        Check.that(uncaught.contains(thrown), "what was thrown is lost");
    }

    private static Reference<Connector> abandoned(ReferenceQueue<Connector> queue, String protocol) throws IOException {
        final var amy = new RealtimeConnector();
        logged(amy);
        amy.configure("self amy;\n" + protocol);
        amy.timeout(Duration.ZERO);
        Check.thrown(org.reowolf.ConnectorException.class, amy::connect);
        return new PhantomReference<>(amy, queue);
    }

    /** A listener that refers to its connector does not keep it. */
    private static void abandoning() throws Exception {
        final String protocol = Check.withAddresses(ONE_WAY);
        final ReferenceQueue<Connector> queue = new ReferenceQueue<>();
        final List<Reference<Connector>> all = new ArrayList<>();
        for (int i = 0; i < 200; ++i) {
            all.add(abandoned(queue, protocol));
        }
        for (int collected = 0; collected < all.size(); ) {
            System.gc();
            final Reference<?> next = queue.remove(60_000);
            Check.that(next != null, "only " + collected + " connectors are collected");
            ++collected;
            while (queue.poll() != null) {
                ++collected;
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        connecting();
        transferring();
        throwing();
        abandoning();
    }
}
