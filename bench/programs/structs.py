class Point:
    __slots__ = ("x", "y", "dx", "dy")

    def __init__(self, x, y, dx, dy):
        self.x, self.y, self.dx, self.dy = x, y, dx, dy

def moved(p):
    return Point(p.x + p.dx, p.y + p.dy, p.dx, p.dy)

def run():
    p, total = Point(1, 2, 3, 5), 0
    for i in range(3000000):
        p = moved(p)
        if p.x < 0 or p.x > 1000:
            p.dx = -p.dx
        if p.y < 0 or p.y > 1000:
            p.dy = -p.dy
        total += p.x + p.y
    return total
