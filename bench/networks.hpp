// SPDX-License-Identifier: MIT
// The networks that the benchmarks run, as PDL texts. Each has a composite `main`.
#pragma once

#include <cstddef>
#include <string>

namespace reowolf::bench {

std::string rendezvous();
// One value from one of n producers.
std::string merger(std::size_t n);
// One value to all of n consumers, in one round.
std::string replicator(std::size_t n);
// Each of n gives a value to its neighbour in a ring, all in one round.
std::string exchange(std::size_t n);
// One value to one of n consumers.
std::string router(std::size_t n);
// All of n meet at one component.
std::string barrier(std::size_t n);
// Two producers take strict turns.
std::string alternator();
// A value through n stages: a round for each step, or one for all.
std::string pipeline(std::size_t n, bool in_one_round);
// A rendezvous beside n components that wait for ever.
std::string idle(std::size_t n);
// An array of so many bytes through n components, in one round.
std::string array(std::size_t bytes, std::size_t n);
// n components that wait for ever, each with a channel of its own.
std::string crowd(std::size_t n);
// Components that end at once are made, one after the other, with a channel each.
std::string nursery(std::size_t count);
// What could cost exponentially in n and does not; each comes to rest after its rounds, and the
// first three print once. A row of n that pass a value on over one of two channels; the last one
// prints 2.
std::string row_of_forks(std::size_t n);
// A row of n, each of which guesses how often its sender puts; the last one prints true.
std::string row_of_guesses(std::size_t n);
// A row of n, each of which adds 1 or not, and a tree of adders over n that give 0, 1 or 2; of both
// one prints "sum" where the sum is n.
std::string row_of_sums(std::size_t n);
std::string tree_of_sums(std::size_t n);
// A component that puts to each of n or not, and prints "chosen".
std::string optional_puts(std::size_t n);
// n philosophers with n tools between them, who eat once each.
std::string philosophers(std::size_t n);
// n components, each with k alternatives of which one combination fits.
std::string puzzle(std::size_t n, std::size_t k);

}  // namespace reowolf::bench
