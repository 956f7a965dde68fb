// Wrong claim codes, counted for each packet and user.
//
// Hazard: what strangers can make a packet remember must be bounded, and the bound must not become
// a lock.  So a packet remembers limits::code_triers_max users; when one more comes, the user with
// the fewest tries is forgotten, of several the one whose last try is the oldest.  Never the one
// who has just tried.
//
// What that guarantees, with n = limits::code_triers_max:
//   - Nobody is ever locked out by what others do: only a user's own tries count.
//   - While at most n users have tried, every user has exactly the tries that the policy grants.
//   - A user who is locked out stays so until n - 1 others have used up all their tries after that.
//   - A user who is not may get the tries back sooner, once n others have tried.
// So a guesser with fewer than n accounts has n times the granted tries at most, and one with more
// has no bound but the accounts' number and the server's speed: 16,384 accounts with 5 tries each
// find any code of four digits in any case.  A code that must stand against such a guesser has to
// be long.
//
// Cost:       of: two look-ups; note: O(log n).
// Memory:     about 130 bytes for each user remembered, until the packet is closed.
// Threads:    none.
// Invariants: the same calls leave the same state, so replay forgets whom the live run forgot.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "engine/base/ids.h"
#include "engine/base/limits.h"

namespace hb {

class CodeTries {
 public:
  // Wrong codes of this user for this packet, as far as they are remembered.
  std::uint32_t of(PacketId packet, UserId user) const {
    const auto found = packets_.find(packet);
    if (found == packets_.end()) return 0;
    const auto trier = found->second.triers.find(user);
    return trier == found->second.triers.end() ? 0 : trier->second.tries;
  }

  // The user's wrong codes for this packet are `tries` now.
  void note(PacketId packet, UserId user, std::uint32_t tries) {
    OfPacket& p = packets_[packet];
    Trier& trier = p.triers[user];
    p.places.erase({trier.tries, trier.noted, user});
    if (p.places.size() == limits::code_triers_max) {
      p.triers.erase(std::get<UserId>(*p.places.begin()));
      p.places.erase(p.places.begin());
    }
    trier = {.tries = tries, .noted = ++p.notes};
    p.places.insert({trier.tries, trier.noted, user});
  }

  // Of a closed packet nothing needs to be known.
  void forget(PacketId packet) { packets_.erase(packet); }

  // Calls visit(packet, user, tries, noted); among a packet's users `noted` rises with the time of
  // their last try.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [packet, p] : packets_) {
      for (const auto& [user, trier] : p.triers) visit(packet, user, trier.tries, trier.noted);
    }
  }

 private:
  struct Trier {
    std::uint32_t tries = 0;
    std::uint64_t noted = 0;
  };
  // In the order in which users are forgotten.
  using Place = std::tuple<std::uint32_t, std::uint64_t, UserId>;
  struct OfPacket {
    std::map<UserId, Trier> triers;
    std::set<Place> places;
    std::uint64_t notes = 0;
  };

  std::map<PacketId, OfPacket> packets_;
};

}  // namespace hb
