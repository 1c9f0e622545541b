local function moved(p)
    return { x = p.x + p.dx, y = p.y + p.dy, dx = p.dx, dy = p.dy }
end
return function()
    local p, sum = { x = 1, y = 2, dx = 3, dy = 5 }, 0
    for i = 1, 3000000 do
        p = moved(p)
        if p.x < 0 or p.x > 1000 then p.dx = -p.dx end
        if p.y < 0 or p.y > 1000 then p.dy = -p.dy end
        sum = sum + p.x + p.y
    end
    return sum
end
