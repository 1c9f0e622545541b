// SPDX-License-Identifier: MIT
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.reowolf.DynamicConnector;
import org.reowolf.LogicalConnector;

/** Dynamic connectors: ports that are made, sent and received. */
final class Dynamic {
    private static final String GIVEN =
            "connector given {\n"
                    + "    peer amy = \"$\" { in<out<string>> give; }\n"
                    + "    peer bob = \"$\" { out<out<string>> take; }\n"
                    + "    new pass(amy.give, bob.take);\n"
                    + "}\n"
                    + "primitive pass(in<out<string>> a, out<out<string>> b) {\n"
                    + "    while (true) sync put(b, get(a));\n"
                    + "}\n";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String decided(LogicalConnector connector, String port) throws Exception {
        final byte[] name = new byte[connector.length(port)];
        Check.that(connector.decide(port, name), port + " has not fired");
        return new String(name, StandardCharsets.UTF_8);
    }

    private static void portsAreMadeAndUsed() throws Exception {
        try (var pair = Pair.dynamic(GIVEN)) {
            final DynamicConnector amy = pair.amy;
            final DynamicConnector bob = pair.bob;
            for (int i = 0; i < 10; ++i) {
                amy.fresh("give");
                bob.poll("take", new byte[32]);
                Check.that(!pair.round(), "it has expired");
                final String kept = decided(amy, "give");
                final String got = decided(bob, "take");
                bob.offer(got, bytes("news"));
                final byte[] heard = new byte[4];
                amy.poll(kept, heard);
                Check.that(!pair.round(), "it has expired");
                Check.that(Arrays.equals(bytes("news"), heard), "heard");
                bob.close(got);
                Check.thrown(IllegalStateException.class, () -> bob.offer(got, bytes("more")));
            }
            Check.thrown(IllegalArgumentException.class, () -> amy.fresh("none"));
            Check.thrown(IllegalArgumentException.class, () -> bob.fresh("take"));
        }
    }

    private static void otherClassesHaveNoPortsForPorts() throws Exception {
        try (var pair = Pair.logical(GIVEN)) {
            Check.thrown(
                    IllegalArgumentException.class, () -> pair.bob.poll("take", new byte[8]));
        }
    }

    public static void main(String[] arguments) throws Exception {
        portsAreMadeAndUsed();
        otherClassesHaveNoPortsForPorts();
    }
}
