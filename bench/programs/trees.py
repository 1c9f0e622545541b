def grown(depth):
    return (grown(depth - 1), grown(depth - 1)) if depth else ()

def leaves(tree):
    return leaves(tree[0]) + leaves(tree[1]) if tree else 1

def run():
    return sum(leaves(grown(14)) for i in range(20))
