// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.reowolf.Connector;
import org.reowolf.ConnectorException;
import org.reowolf.ConnectorTimeoutException;
import org.reowolf.DeviatedBehaviorException;
import org.reowolf.DynamicConnector;
import org.reowolf.InvalidDescriptionException;
import org.reowolf.LogicalConnector;
import org.reowolf.NegotiationException;
import org.reowolf.RealtimeConnector;
import org.reowolf.UnsatisfiableBehaviorException;

/** What the draft says and the other programs here do not show. */
final class Draft {
    private static final String PEERS =
            "connector alone {\n"
                    + "    peer amy = \"$\" { in<string> say; in<string> more; }\n"
                    + "    peer bob = \"$\" { out<string> hear; }\n"
                    + "    new once(amy.say, amy.more, bob.hear);\n"
                    + "}\n"
                    + "primitive once(in<string> a, in<string> m, out<string> b) {\n";
    private static final String PLAIN = PEERS + "    sync put(b, get(a));\n}\n";
    private static final String LASTING = PEERS + "    while (true) sync put(b, get(a));\n}\n";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void classesAndExceptions() {
        Check.that(Modifier.isAbstract(Connector.class.getModifiers()), "Connector is abstract");
        Check.equal(Connector.class, RealtimeConnector.class.getSuperclass());
        Check.equal(Connector.class, LogicalConnector.class.getSuperclass());
        Check.equal(LogicalConnector.class, DynamicConnector.class.getSuperclass());
        Check.equal(IOException.class, ConnectorException.class.getSuperclass());
        for (Class<?> each :
                new Class<?>[] {
                    InvalidDescriptionException.class,
                    NegotiationException.class,
                    ConnectorTimeoutException.class,
                    UnsatisfiableBehaviorException.class,
                    DeviatedBehaviorException.class
                }) {
            Check.equal(ConnectorException.class, each.getSuperclass());
        }
    }

    /** What bob hears when amy says something; with that round the protocol has expired. */
    private static String heard(Pair<RealtimeConnector, RealtimeConnector> pair) throws Exception {
        final byte[] heard = new byte[16];
        pair.amy.put("say", bytes("hello"));
        pair.bob.get("hear", heard);
        Check.that(pair.round(), "it has not expired");
        return new String(Arrays.copyOf(heard, pair.bob.length("hear")), StandardCharsets.UTF_8);
    }

    private static void protocolsFollowEachOther() throws Exception {
        try (var pair = Pair.realtime(PLAIN)) {
            final RealtimeConnector amy = pair.amy;
            final RealtimeConnector bob = pair.bob;
            final String peers = pair.protocol;
            final String loud = peers.replace("get(a)", "get(a) @ \"!\"");
            Check.equal("hello", heard(pair));
            Check.equal("hello", heard(pair)); // the last one again
            amy.configure("self amy;\n" + loud); // bob takes it
            Check.equal("hello!", heard(pair));
            amy.configure("self amy;\n" + peers);
            bob.configure("self bob;\n" + loud);
            amy.put("say", bytes("hello"));
            pair.refused(NegotiationException.class);
            bob.configure("self bob;\n" + peers);
            Check.equal("hello", heard(pair));
        }
    }

    private static void logicalProtocolsFollowEachOther() throws Exception {
        try (var pair = Pair.logical(PLAIN)) {
            final LogicalConnector amy = pair.amy;
            final LogicalConnector bob = pair.bob;
            final String peers = pair.protocol;
            for (int i = 0; i < 3; ++i) {
                final byte[] heard = new byte[6];
                amy.offer("say", bytes("hello"));
                bob.poll("hear", heard);
                Check.that(pair.round(), "it has not expired");
                Check.equal((byte) (i == 1 ? '!' : 0), heard[5]);
                if (i == 0) {
                    bob.configure("self bob;\n" + peers.replace("get(a)", "get(a) @ \"!\""));
                } else {
                    amy.configure("self amy;\n" + peers);
                }
            }
            amy.configure("self amy;\n" + peers);
            bob.configure("self bob;\n" + peers.replace("get(a)", "get(a) @ \"?\""));
            amy.offer("say", bytes("hello"));
            bob.poll("hear", new byte[6]);
            pair.refused(NegotiationException.class);
        }
    }

    private static void oneArrayForTwoPorts() throws Exception {
        final String two =
                "connector two {\n"
                        + "    peer amy = \"$\" { in<string> say; }\n"
                        + "    peer bob = \"$\" { out<string> one; out<string> other; }\n"
                        + "    new both(amy.say, bob.one, bob.other);\n"
                        + "}\n"
                        + "primitive both(in<string> a, out<string> b, out<string> c) {\n"
                        + "    while (true) sync {\n"
                        + "        string s = get(a); put(b, s @ \"1\"); put(c, s @ \"2\");\n"
                        + "    }\n"
                                + "}\n";
        try (var pair = Pair.realtime(two)) {
            final RealtimeConnector amy = pair.amy;
            final RealtimeConnector bob = pair.bob;
            final byte[] both = new byte[2];
            amy.put("say", bytes("x"));
            bob.get("one", both);
            bob.opt("other", both);
            pair.round();
            final String heard = new String(both, StandardCharsets.UTF_8);
            Check.that(heard.equals("x1") || heard.equals("x2"), heard);
        }
    }

    private static void closedPortsStaySilent() throws Exception {
        try (var pair = Pair.realtime(LASTING)) {
            final RealtimeConnector amy = pair.amy;
            final RealtimeConnector bob = pair.bob;
            amy.close("more");
            Check.thrown(IllegalStateException.class, () -> amy.put("more", bytes("x")));
            final byte[] heard = new byte[5];
            amy.put("say", bytes("still"));
            bob.get("hear", heard);
            pair.round();
            Check.that(Arrays.equals(bytes("still"), heard), "heard");
            amy.close("say"); // the last one
            Check.equal(107, Check.thrown(ConnectorException.class, () -> amy.sync()).errno());
            Check.equal(32, Check.thrown(ConnectorException.class, () -> bob.sync()).errno());
        }
    }

    private static void whoIsNotThereIsNamed() throws Exception {
        try (RealtimeConnector amy = new RealtimeConnector()) {
            amy.configure("self amy;\n" + Check.withAddresses(PLAIN));
            amy.timeout(Duration.ofMillis(50));
            try {
                amy.connect();
                throw new AssertionError("connected to nobody");
            } catch (ConnectorException missing) {
                Check.that(missing.getMessage().contains("bob"), missing.getMessage());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        classesAndExceptions();
        protocolsFollowEachOther();
        logicalProtocolsFollowEachOther();
        oneArrayForTwoPorts();
        closedPortsStaySilent();
        whoIsNotThereIsNamed();
    }
}
