package io.millrace.tools.words;

import java.util.ArrayList;
import java.util.List;

/** Rows of cells, each column as wide as its widest cell. */
public final class TextTable {
    /** Where a column's cells stand. */
    public enum Side {
        LEFT,
        RIGHT
    }

    private final Side[] sides;
    private final List<String[]> rows = new ArrayList<>();

    public TextTable(Side... sides) {
        this.sides = sides;
    }

    public void row(String... cells) {
        rows.add(cells);
    }

    /** Writes the first rows, indented, and how many are left out. */
    public void writeTo(StringBuilder text, int atMost) {
        var shown = rows.size() - 1 > atMost ? rows.subList(0, atMost) : rows;
        int[] widths = new int[sides.length];
        for (var row : shown) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (var row : shown) {
            var line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                String space = " ".repeat(widths[i] - row[i].length());
                line.append("  ").append(sides[i] == Side.RIGHT ? space + row[i] : row[i] + space);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        int left = rows.size() - shown.size();
        if (left > 0) {
            text.append("  … and ").append(Figures.count(left)).append(" more (-o json has all)\n");
        }
    }
}
