local function grown(depth)
    if depth == 0 then return {} end
    return { grown(depth - 1), grown(depth - 1) }
end
local function leaves(tree)
    if tree[1] then return leaves(tree[1]) + leaves(tree[2]) end
    return 1
end
return function()
    local count = 0
    for i = 1, 20 do count = count + leaves(grown(14)) end
    return count
end
