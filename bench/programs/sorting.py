def run():
    count = 300000
    a, x = [], 1
    for i in range(count):
        x = (x * 421 + 1663) % 7875
        a.append(x)
    start, end = count // 2, count
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            a[end], a[0] = a[0], a[end]
        root, sifts = start, True
        while sifts:
            child = root * 2 + 1
            if child + 1 < end and a[child] < a[child + 1]:
                child += 1
            if child < end and a[root] < a[child]:
                a[root], a[child] = a[child], a[root]
                root = child
            else:
                sifts = False
    total = 0
    for i in range(count):
        total += a[i] * (i % 1000)
    return total
