def primes(limit):
    crossed = [False] * limit
    count = 0
    for n in range(2, limit):
        if not crossed[n]:
            count += 1
            for multiple in range(n + n, limit, n):
                crossed[multiple] = True
    return count

def run():
    return sum(primes(500000) for i in range(10))
