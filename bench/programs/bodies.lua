return function()
    local bodies = {
        { x = 0.0, y = 0.0, z = 0.0, vx = 0.0, vy = 0.0, vz = 0.0, mass = 10.0 },
        { x = 4.0, y = 0.0, z = 0.1, vx = 0.0, vy = 1.5, vz = 0.0, mass = 1.0 },
        { x = 0.0, y = 8.0, z = 0.2, vx = 1.1, vy = 0.0, vz = 0.1, mass = 1.0 },
        { x = 12.0, y = 0.0, z = 0.3, vx = 0.0, vy = 0.9, vz = 0.0, mass = 0.5 },
        { x = 0.0, y = 15.0, z = 0.4, vx = 0.8, vy = 0.0, vz = 0.1, mass = 0.5 },
    }
    local count = #bodies
    for step = 1, 100000 do
        for i = 1, count do
            local a = bodies[i]
            for j = i + 1, count do
                local b = bodies[j]
                local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
                local square = dx * dx + dy * dy + dz * dz + 0.1
                local pull = 0.001 / (square * square)
                local mine, other = a.mass * pull, b.mass * pull
                a.vx = a.vx - dx * other
                a.vy = a.vy - dy * other
                a.vz = a.vz - dz * other
                b.vx = b.vx + dx * mine
                b.vy = b.vy + dy * mine
                b.vz = b.vz + dz * mine
            end
        end
        for i = 1, count do
            local a = bodies[i]
            a.x = a.x + 0.001 * a.vx
            a.y = a.y + 0.001 * a.vy
            a.z = a.z + 0.001 * a.vz
        end
    end
    local result = (bodies[2].x + bodies[5].y) * 1000000.0
    return result < 0 and math.ceil(result) or math.floor(result)
end
