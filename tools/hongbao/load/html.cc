#include "tools/hongbao/load/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace hb::load {

namespace {

// A picture's frame, in pixels.
constexpr double width = 860;
constexpr double height = 260;
constexpr double left = 80;
constexpr double right = 20;
constexpr double top = 14;
constexpr double bottom = 36;

constexpr std::string_view style = R"(
body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}
table{border-collapse:collapse}td,th{padding:.15em 1em .15em 0;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#555}
.grid{stroke:#ddd}.all{stroke:#888;fill:none;stroke-width:2}.won{stroke:#c0232b;fill:none;stroke-width:2}
.bar{fill:#c0232b}.bad{color:#c0232b;font-weight:bold}.key-all{color:#888}.key-won{color:#c0232b}
)";

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string short_number(double value) {
  if (value >= 1e6) return fmt::format("{:.4g} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.4g} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

std::string short_time(double us) {
  if (us >= 1e6) return fmt::format("{:.4g} s", us / 1e6);
  if (us >= 1e3) return fmt::format("{:.4g} ms", us / 1e3);
  return fmt::format("{:.4g} us", us);
}

// From the unit square, y upwards, to the picture.
double x_at(double part) {
  return left + part * (width - left - right);
}
double y_at(double part) {
  return top + (1 - part) * (height - top - bottom);
}

using Points = std::vector<std::pair<double, double>>;

std::string line(const Points& points, std::string_view css_class) {
  std::string path;
  for (const auto& [x, y] : points) path += fmt::format("{:.1f},{:.1f} ", x_at(x), y_at(y));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", css_class, path);
}

std::string y_mark(double part, const std::string& label) {
  return fmt::format(
      "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
      "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
      x_at(0), x_at(1), y_at(part), left - 8, y_at(part) + 4, label);
}

std::string x_mark(double part, const std::string& label) {
  return fmt::format(
      "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
      "<text x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n",
      x_at(part), y_at(0), y_at(1), height - 12, label);
}

std::string picture(const std::string& content, double picture_height = height) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\">\n{}</svg>\n", width, picture_height,
                     content);
}

// 1, 2 or 5 times a power of ten, not below the value.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(std::max(value, 1.0))));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

std::string throughput(const LoadReport& report) {
  if (report.seconds.empty()) return "<p>The run was shorter than a second.</p>\n";
  double most = 1;
  for (const Second& second : report.seconds) most = std::max(most, second.per_second);
  most = round_up(most);
  const auto count = static_cast<double>(report.seconds.size());
  std::string content;
  for (const double part : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    content += y_mark(part, short_number(part * most) + "/s");
  }
  const double step = std::max(round_up(count / 10), 1.0);
  for (double second = 0; second <= count; second += step) {
    content += x_mark(second / count, fmt::format("{:.0f} s", second));
  }
  Points all;
  Points won;
  for (std::size_t i = 0; i < report.seconds.size(); ++i) {
    for (const double edge : {0.0, 1.0}) {
      const double x = (static_cast<double>(i) + edge) / count;
      all.emplace_back(x, report.seconds[i].per_second / most);
      won.emplace_back(x, report.seconds[i].accepted_per_second / most);
    }
  }
  return picture(content + line(all, "all") + line(won, "won")) +
         "<p><span class=\"key-all\">&#9473; answered</span> "
         "<span class=\"key-won\">&#9473; accepted</span></p>\n";
}

// Percentiles lie at equal distances for each further nine.
std::string latency(const LoadReport& report) {
  const LatencyHistogram& histogram = report.tally.latency;
  if (histogram.count() == 0) return "<p>No answers.</p>\n";
  const double nines_max = std::clamp(std::log10(static_cast<double>(histogram.count())), 1.0, 6.0);
  const double least = std::floor(std::log10(std::max(histogram.percentile_us(0), 1.0)));
  const double most =
      std::max(std::ceil(std::log10(std::max(histogram.max_us(), 10.0))), least + 1);
  const auto y_of = [&](double us) {
    return (std::log10(std::max(us, std::pow(10, least))) - least) / (most - least);
  };
  std::string content;
  for (double decade = least; decade <= most; ++decade) {
    content += y_mark((decade - least) / (most - least), short_time(std::pow(10, decade)));
  }
  static constexpr std::array<std::pair<double, std::string_view>, 8> marks = {
      {{0, "p0"},
       {0.5, "p50"},
       {0.9, "p90"},
       {0.99, "p99"},
       {0.999, "p99.9"},
       {0.9999, "p99.99"},
       {0.99999, "p99.999"},
       {0.999999, "p99.9999"}}};
  for (const auto& [quantile, label] : marks) {
    const double nines = -std::log10(1 - quantile);
    if (nines <= nines_max + 0.01) content += x_mark(nines / nines_max, std::string(label));
  }
  Points points;
  constexpr int steps = 400;
  for (int i = 0; i <= steps; ++i) {
    const double nines = nines_max * i / steps;
    points.emplace_back(nines / nines_max, y_of(histogram.percentile_us(1 - std::pow(10, -nines))));
  }
  return picture(content + line(points, "won"));
}

std::string outcomes(const LoadReport& report) {
  constexpr double row = 26;
  constexpr double names = 180;
  constexpr double bars = 430;
  const auto list = outcome_list(report.tally);
  const auto all = static_cast<double>(std::max<std::uint64_t>(report.tally.answered(), 1));
  std::string content;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto count = static_cast<double>(list[i].second);
    const double y = 4 + row * static_cast<double>(i);
    const double bar = std::max(bars * count / all, 1.0);
    content += fmt::format(
        "<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>"
        "<rect class=\"bar\" x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\">{} ({:.2f} %)</text>\n",
        names - 8, y + 15, list[i].first, names, y, bar, row - 6, names + bar + 8, y + 15,
        list[i].second, 100 * count / all);
  }
  return picture(content, 8 + row * static_cast<double>(list.size()));
}

std::string rows(const nlohmann::ordered_json& object) {
  std::string text;
  for (const auto& [key, value] : object.items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    text +=
        fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", escaped(key), escaped(shown));
  }
  return text;
}

std::string figures(const LoadReport& report) {
  const double seconds = std::max(report.duration_s, 1e-9);
  const auto row = [](std::string_view what, const std::string& value) {
    return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", what, escaped(value));
  };
  const LatencyHistogram& l = report.tally.latency;
  std::string text = "<table>\n";
  text +=
      row("answered", short_number(static_cast<double>(report.tally.answered()) / seconds) + "/s");
  text +=
      row("accepted", short_number(static_cast<double>(report.tally.accepted()) / seconds) + "/s");
  text += row("p50", short_time(l.percentile_us(0.5)));
  text += row("p99", short_time(l.percentile_us(0.99)));
  text += row("p99.9", short_time(l.percentile_us(0.999)));
  text += row("longest", short_time(l.max_us()));
  text += row("without an answer", fmt::format("{}", report.tally.errors));
  text += row("duration", fmt::format("{:.2f} s", report.duration_s));
  return text + "</table>\n";
}

std::string audit(const LoadReport& report) {
  if (!report.audit) {
    return fmt::format("<p class=\"bad\">Not made: {}</p>\n",
                       escaped(report.audit_failure.value_or(report.failure)));
  }
  std::string text =
      fmt::format("<p{}>{}: {} packets and {} wallets compared with the answers.</p>\n",
                  report.books_are_right() ? "" : " class=\"bad\"",
                  report.books_are_right() ? "The books are right" : "The books are wrong",
                  report.audit->checked_packets, report.audit->checked_wallets);
  for (const std::string& violation : report.audit->violations) {
    text += fmt::format("<p>{}</p>\n", escaped(violation));
  }
  return text;
}

std::string storm(const LoadReport& report) {
  if (!report.storm) return "";
  const StormReport& s = *report.storm;
  std::string text =
      fmt::format("<p>{} packets expired from {:.1f} s to {:.1f} s; {}.", s.packets,
                  s.first_expiry_s, s.last_expiry_s,
                  s.drained_s ? fmt::format("all refunds were booked at {:.1f} s", *s.drained_s)
                              : std::string("not all refunds were booked by the end"));
  if (s.latency_before.count() > 0 && s.latency_while_expiring.count() > 0) {
    text += fmt::format(" p99 was {} before and {} while they expired.",
                        short_time(s.latency_before.percentile_us(0.99)),
                        short_time(s.latency_while_expiring.percentile_us(0.99)));
  }
  return text + "</p>\n";
}

}  // namespace

std::string to_html(const LoadReport& report) {
  const auto json = to_json(report);
  const std::string title = fmt::format("hongbao load: {}", name(report.options.workload));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<style>{1}</style></head><body>\n<h1>{0}</h1>\n{2}{3}"
      "<h2>Throughput over time</h2>\n{4}"
      "<h2>Latency by percentile</h2>\n{5}"
      "<h2>Outcomes</h2>\n{6}"
      "<h2>Audit</h2>\n{7}"
      "<h2>Settings</h2>\n<table>\n<tr><td>an answer means</td><td class=\"n\">{8}</td></tr>\n"
      "<tr><td>server</td><td class=\"n\">{9}, {10} shards</td></tr>\n{11}</table>\n"
      "</body></html>\n",
      title, style, figures(report), storm(report), throughput(report), latency(report),
      outcomes(report), audit(report), json["acknowledgement"].get<std::string>(),
      escaped(report.server.server_version), report.server.shards, rows(json["settings"]));
}

}  // namespace hb::load
