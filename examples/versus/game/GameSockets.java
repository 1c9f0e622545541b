// SPDX-License-Identifier: MIT
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Scanner;

/** GameSockets NAME FILE: each line of standard input is a move, n, e, s or w; prints the board after it. */
class GameSockets {
    private final List<String[]> peers; // name, host, port
    private final Socket[] sockets;
    private final BufferedReader[] readers;
    private int self;

    /** Connects with all peers: the lower number listens, the higher one connects and says its name. */
    GameSockets(String name, Path file) throws IOException, InterruptedException {
        peers = Files.readAllLines(file).stream().map(line -> line.split(" ")).toList();
        sockets = new Socket[peers.size()];
        readers = new BufferedReader[peers.size()];
        while (!peers.get(self)[0].equals(name)) ++self;
        String[] own = peers.get(self);
        try (ServerSocket server =
                new ServerSocket(Integer.parseInt(own[2]), peers.size(), InetAddress.getByName(own[1]))) {
            for (int i = 0; i < self; ++i) {
                sockets[i] = connect(peers.get(i));
                readers[i] = reader(sockets[i]);
                send(i, name);
            }
            for (int missing = peers.size() - 1 - self; missing > 0; --missing) {
                Socket socket = server.accept();
                BufferedReader reader = reader(socket);
                String other = reader.readLine();
                int i = self + 1;
                while (!peers.get(i)[0].equals(other)) ++i;
                sockets[i] = socket;
                readers[i] = reader;
            }
        }
    }

    /** Tries for half a minute: the other one may not have started. */
    private static Socket connect(String[] peer) throws IOException, InterruptedException {
        for (int patience = 600;; --patience) {
            try {
                return new Socket(peer[1], Integer.parseInt(peer[2]));
            } catch (ConnectException e) {
                if (patience == 0) throw e;
                Thread.sleep(50);
            }
        }
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    }

    private void send(int i, String line) throws IOException {
        sockets[i].getOutputStream().write((line + "\n").getBytes(UTF_8));
    }

    /** Sends the own move to all others and waits for theirs. */
    private String turn(String move) throws IOException {
        for (int i = 0; i < sockets.length; ++i) if (i != self) send(i, move);
        StringBuilder moves = new StringBuilder();
        for (int i = 0; i < sockets.length; ++i) {
            String other = i == self ? move : readers[i].readLine();
            if (other == null) throw new IOException(peers.get(i)[0] + " is gone");
            moves.append(other);
        }
        return moves.toString();
    }

    public static void main(String[] arguments) throws Exception {
        Board board = new Board("ann", "ben", "cyd");
        Scanner input = new Scanner(System.in);
        GameSockets game = new GameSockets(arguments[0], Path.of(arguments[1]));
        try {
            while (input.hasNextLine()) System.out.println(board.after(game.turn(input.nextLine().substring(0, 1))));
        } catch (IOException e) {
            System.out.println("over: " + e.getMessage());
        }
    }
}
