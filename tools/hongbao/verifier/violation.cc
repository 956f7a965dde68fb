#include "tools/hongbao/verifier/violation.h"

namespace hb::verifier {

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::record_malformed:
      return "record_malformed";
    case Rule::sequence_gap:
      return "sequence_gap";
    case Rule::time_went_back:
      return "time_went_back";
    case Rule::foreign_partition:
      return "foreign_partition";
    case Rule::key_missing:
      return "key_missing";
    case Rule::key_reused:
      return "key_reused";
    case Rule::amount_invalid:
      return "amount_invalid";
    case Rule::sum_overflow:
      return "sum_overflow";
    case Rule::wallet_opened_twice:
      return "wallet_opened_twice";
    case Rule::balance_wrong:
      return "balance_wrong";
    case Rule::overdraft:
      return "overdraft";
    case Rule::packet_id_not_next:
      return "packet_id_not_next";
    case Rule::packet_terms_wrong:
      return "packet_terms_wrong";
    case Rule::total_out_of_bounds:
      return "total_out_of_bounds";
    case Rule::total_not_divisible:
      return "total_not_divisible";
    case Rule::expiry_out_of_range:
      return "expiry_out_of_range";
    case Rule::packet_unknown:
      return "packet_unknown";
    case Rule::claim_after_close:
      return "claim_after_close";
    case Rule::claim_after_expiry:
      return "claim_after_expiry";
    case Rule::share_index_wrong:
      return "share_index_wrong";
    case Rule::share_taken_twice:
      return "share_taken_twice";
    case Rule::share_out_of_bounds:
      return "share_out_of_bounds";
    case Rule::share_over_rest:
      return "share_over_rest";
    case Rule::last_share_not_rest:
      return "last_share_not_rest";
    case Rule::even_share_unequal:
      return "even_share_unequal";
    case Rule::refund_before_expiry:
      return "refund_before_expiry";
    case Rule::refund_twice:
      return "refund_twice";
    case Rule::refund_of_nothing:
      return "refund_of_nothing";
    case Rule::refund_not_rest:
      return "refund_not_rest";
    case Rule::credit_unknown:
      return "credit_unknown";
    case Rule::credit_not_arrived:
      return "credit_not_arrived";
    case Rule::packet_not_conserved:
      return "packet_not_conserved";
    case Rule::shard_not_conserved:
      return "shard_not_conserved";
    case Rule::books_not_conserved:
      return "books_not_conserved";
  }
  return "unknown";
}

}  // namespace hb::verifier
