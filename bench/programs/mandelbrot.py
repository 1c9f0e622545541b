def run():
    inside = 0
    for row in range(300):
        ci = row / 150.0 - 1.0
        for column in range(300):
            cr = column / 150.0 - 1.5
            zr, zi, step = 0.0, 0.0, 0
            while step < 100 and zr * zr + zi * zi <= 4.0:
                following = zr * zr - zi * zi + cr
                zi = 2.0 * zr * zi + ci
                zr = following
                step += 1
            if step == 100:
                inside += 1
    return inside
