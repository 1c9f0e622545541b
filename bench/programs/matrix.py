def filled(size, seed):
    rows, x = [], seed
    for i in range(size):
        row = []
        for j in range(size):
            x = (x * 421 + 1663) % 7875
            row.append(x)
        rows.append(row)
    return rows

def run():
    size = 200
    a, b, c = filled(size, 1), filled(size, 2), filled(size, 0)
    for i in range(size):
        for j in range(size):
            total = 0
            for k in range(size):
                total += a[i][k] * b[k][j]
            c[i][j] = total
    return sum(c[i][i] for i in range(size))
