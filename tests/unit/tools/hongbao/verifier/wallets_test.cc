#include "tools/hongbao/verifier/books.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"

namespace hb::verifier {
namespace {

using namespace test;

// ---- planted: wallets ---------------------------------------------------------------------------

TEST(BooksOfWallets, NameAWalletOpenedTwice) {
  History h = mei_with_money();
  h.open(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::wallet_opened_twice});
}

TEST(BooksOfWallets, LetACommandOpenAWalletThatACreditHasMade) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).open(lan);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfWallets, NameADepositOfNothing) {
  History h = mei_with_money();
  h.deposit(mei, 0, 10'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfWallets, NameANegativeWithdrawal) {
  History h = mei_with_money();
  h.withdraw(mei, -5, 10'005);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfWallets, NameAnAmountBeyondAllLimits) {
  History h = mei_with_money();
  h.deposit(mei, limits::amount_max + 1, limits::amount_max + 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfWallets, NameAFenThatADepositLoses) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfWallets, NameAFenThatAWithdrawalInvents) {
  History h = mei_with_money();
  h.withdraw(mei, 100, 9'901);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfWallets, NameAWrongBalanceOnceAndGoOnFromTheRecordedOne) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099).deposit(mei, 1, 10'100);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfWallets, NameAWithdrawalOfMoreThanThereIs) {
  History h = mei_with_money();
  h.withdraw(mei, 10'001, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(BooksOfWallets, NameASendOfMoreThanThereIs) {
  History h = mei_with_money();
  h.send(first, mei, 10'001, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(BooksOfWallets, NameASendThatDoesNotDebitItsSender) {
  History h = mei_with_money();
  h.send(first, mei, 3'000, 10'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

// ---- settings and freezing ----------------------------------------------------------------------

TEST(BooksOfWallets, LetMoneyComeIntoAFrozenWallet) {
  History h = mei_with_packet();
  h.freeze(mei).claim(first, mei, 0, 1'000).deposit(mei, 100, 8'100);
  h.unfreeze(mei).withdraw(mei, 8'100, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfWallets, CountFrozenWallets) {
  History h = mei_with_money();
  h.open(lan).freeze(mei).freeze(lan).unfreeze(lan);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().wallets_frozen, 1u);
}

TEST(BooksOfWallets, NameAWithdrawalFromAFrozenWallet) {
  History h = mei_with_money();
  h.freeze(mei).withdraw(mei, 100, 9'900);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_wallet_debited});
}

TEST(BooksOfWallets, NameAWalletFrozenTwice) {
  History h = mei_with_money();
  h.freeze(mei).freeze(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::freeze_wrong});
}

TEST(BooksOfWallets, NameAWalletUnfrozenThatWasNotFrozen) {
  History h = mei_with_money();
  h.unfreeze(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::freeze_wrong});
}

TEST(BooksOfWallets, NameAPacketFrozenTwice) {
  History h = mei_with_packet();
  h.freeze(first).freeze(first);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::freeze_wrong});
}

TEST(BooksOfWallets, NameAFreezeThatNobodyGave) {
  History h = mei_with_money();
  h.freeze(mei, "");
  EXPECT_EQ(h.broken_rules(), Rules{Rule::operator_missing});
}

TEST(BooksOfWallets, NameAFreezeOfWhatThereIsNot) {
  History wallet = mei_with_money();
  wallet.freeze(lan);
  EXPECT_EQ(wallet.broken_rules(), Rules{Rule::wallet_unknown});
  History packet = mei_with_money();
  packet.freeze(first);
  EXPECT_EQ(packet.broken_rules(), Rules{Rule::packet_unknown});
}

TEST(BooksOfWallets, NameASettingOfAWalletThatThereIsNot) {
  History h = mei_with_money();
  h.set_refund_target(lan, RefundTarget::wallet);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::wallet_unknown});
}

TEST(BooksOfWallets, NameASettingThatThereIsNot) {
  History h = mei_with_money();
  h.set_refund_target(mei, static_cast<RefundTarget>(3));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::setting_wrong});
}

}  // namespace
}  // namespace hb::verifier
