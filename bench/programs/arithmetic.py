def run():
    x, total = 42, 0
    for i in range(20000000):
        x = (x * 1103 + 12345) % 65537
        total += x
    return total
