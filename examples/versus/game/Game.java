// SPDX-License-Identifier: MIT
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import org.reowolf.ConnectorException;
import org.reowolf.RealtimeConnector;

/** Game NAME FILE: each line of standard input is a move, n, e, s or w; prints the board after it. */
class Game {
    public static void main(String[] arguments) throws IOException {
        Board board = new Board("ann", "ben", "cyd");
        Scanner input = new Scanner(System.in);
        try (RealtimeConnector c = new RealtimeConnector()) {
            c.configure("self " + arguments[0] + ";\n" + Files.readString(Path.of(arguments[1])));
            c.connect();
            byte[] moves = new byte[3];
            while (input.hasNextLine()) {
                c.put("move", input.nextLine().substring(0, 1).getBytes(UTF_8));
                c.get("moves", moves);
                c.sync();
                System.out.println(board.after(new String(moves, UTF_8)));
            }
        } catch (ConnectorException e) {
            boolean known = e.errno() != ConnectorException.ECONNABORTED;
            System.out.println((known ? "over: " : "unknown: ") + e.getMessage());
        }
    }
}
