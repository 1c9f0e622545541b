// SPDX-License-Identifier: MIT

/** Where the players are: the same for the same moves. */
class Board {
    private final String[] names;
    private final int[] x, y;
    private int turn;

    Board(String... names) {
        this.names = names;
        x = new int[names.length];
        y = new int[names.length];
    }

    /** What the board looks like after these moves, one of each player. */
    String after(String moves) {
        StringBuilder text = new StringBuilder("turn " + ++turn + ":");
        for (int i = 0; i < names.length; ++i) {
            switch (moves.charAt(i)) {
                case 'n' -> ++y[i];
                case 's' -> --y[i];
                case 'e' -> ++x[i];
                case 'w' -> --x[i];
                default -> { }
            }
            text.append(' ').append(names[i]).append(" (").append(x[i]).append(", ").append(y[i]).append(")");
        }
        return text.toString();
    }
}
