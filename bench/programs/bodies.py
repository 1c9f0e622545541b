class Body:
    __slots__ = ("x", "y", "z", "vx", "vy", "vz", "mass")

    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz, self.mass = vx, vy, vz, mass

def run():
    bodies = [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0),
        Body(4.0, 0.0, 0.1, 0.0, 1.5, 0.0, 1.0),
        Body(0.0, 8.0, 0.2, 1.1, 0.0, 0.1, 1.0),
        Body(12.0, 0.0, 0.3, 0.0, 0.9, 0.0, 0.5),
        Body(0.0, 15.0, 0.4, 0.8, 0.0, 0.1, 0.5),
    ]
    count = len(bodies)
    for step in range(100000):
        for i in range(count):
            a = bodies[i]
            for j in range(i + 1, count):
                b = bodies[j]
                dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
                square = dx * dx + dy * dy + dz * dz + 0.1
                pull = 0.001 / (square * square)
                mine, other = a.mass * pull, b.mass * pull
                a.vx -= dx * other
                a.vy -= dy * other
                a.vz -= dz * other
                b.vx += dx * mine
                b.vy += dy * mine
                b.vz += dz * mine
        for a in bodies:
            a.x += 0.001 * a.vx
            a.y += 0.001 * a.vy
            a.z += 0.001 * a.vz
    return int((bodies[1].x + bodies[4].y) * 1000000.0)
