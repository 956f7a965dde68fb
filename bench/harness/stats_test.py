"""Run by ctest: python3 -m unittest bench.harness.stats_test."""

import unittest

from bench.harness.stats import Spread, markdown, number, spread_text


class SpreadTest(unittest.TestCase):
    def test_median_of_an_odd_and_of_an_even_number_of_rounds(self):
        self.assertEqual(Spread([5, 1, 3]).median, 3)
        self.assertEqual(Spread([4, 1, 2, 3]).median, 2.5)

    def test_json_keeps_the_order_of_the_rounds(self):
        self.assertEqual(
            Spread([2.0, 1.0]).to_json(),
            {"median": 1.5, "min": 1.0, "max": 2.0, "values": [2.0, 1.0]},
        )

    def test_spread_is_told_from_least_to_most(self):
        self.assertEqual(spread_text(Spread([3_200_000, 3_500_000])), "3,200,000 to 3,500,000")


class NumberTest(unittest.TestCase):
    def test_digits_that_count(self):
        self.assertEqual(number(1_234_567.8), "1,234,568")
        self.assertEqual(number(104.6), "105")
        self.assertEqual(number(1.3049), "1.3")
        self.assertEqual(number(0.0123), "0.0123")


class MarkdownTest(unittest.TestCase):
    def test_columns_line_up(self):
        self.assertEqual(
            markdown(["what", "n"], [["a", "1,000"]]),
            "| what | n     |\n| ---- | ----- |\n| a    | 1,000 |",
        )


if __name__ == "__main__":
    unittest.main()
