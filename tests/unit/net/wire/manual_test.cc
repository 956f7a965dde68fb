// What schema/README.md shows is so.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/partition.h"
#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The manual's only line that starts so; empty where there is none.
std::string row(const std::string& start) {
  static const std::vector<std::string> manual = lines_of(HB_SCHEMA_MANUAL);
  std::string found;
  for (const std::string& line : manual) {
    if (!line.starts_with(start)) continue;
    EXPECT_TRUE(found.empty()) << "two rows start with " << start;
    found = line;
  }
  return found;
}

bool names(std::string_view text, const std::string& word) {
  const auto part_of_word = [](char c) { return std::isalnum(c) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !part_of_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !part_of_word(text[end]))) return true;
  }
  return false;
}

// The fields of each table of the schema.
std::map<std::string, std::vector<std::string>> tables() {
  std::map<std::string, std::vector<std::string>> found;
  std::vector<std::string>* fields = nullptr;
  for (const std::string& line : lines_of(HB_SCHEMA)) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    words >> first >> second;
    if (first == "table") fields = &found[second];
    if (first == "}") fields = nullptr;
    const std::size_t colon = line.find(':');
    const bool field = fields != nullptr && line.starts_with("  ") && colon != line.npos;
    if (field) fields->push_back(line.substr(2, colon - 2));
  }
  return found;
}

TEST(SchemaManual, NamesEveryCommandWithItsFields) {
  const auto fields = tables();
  ASSERT_GT(fields.size(), 20);
  for (const fb::Command type : fb::EnumValuesCommand()) {
    if (type == fb::Command::NONE) continue;
    const std::string name = fb::EnumNameCommand(type);
    const std::string line = row("| `" + name + "` ");
    EXPECT_FALSE(line.empty()) << name;
    ASSERT_TRUE(fields.contains(name)) << name;
    for (const std::string& field : fields.at(name)) {
      EXPECT_TRUE(names(line.substr(0, line.find('|', 1)), field)) << name << "." << field;
    }
  }
}

TEST(SchemaManual, NamesEveryAnswerAsOneOfACommand) {
  std::string answers;
  for (const fb::Command type : fb::EnumValuesCommand()) {
    const std::string line = row(std::string("| `") + fb::EnumNameCommand(type) + "` ");
    std::istringstream columns(line);
    std::string column;
    for (int i = 0; i < 4; ++i) std::getline(columns, column, '|');
    answers += column;
  }
  for (const fb::Answer type : fb::EnumValuesAnswer()) {
    if (type == fb::Answer::NONE) continue;
    EXPECT_TRUE(names(answers, fb::EnumNameAnswer(type))) << fb::EnumNameAnswer(type);
  }
}

TEST(SchemaManual, NamesEveryStatusUnderItsNumber) {
  for (const fb::Status status : fb::EnumValuesStatus()) {
    const std::string name = fb::EnumNameStatus(status);
    const std::string number = std::to_string(static_cast<int>(status));
    EXPECT_FALSE(row("| " + number + " | `" + name + "` |").empty()) << number << " " << name;
  }
}

TEST(SchemaManual, NamesEveryValueOfEveryOtherEnumeration) {
  std::string schema;
  for (const std::string& line : lines_of(HB_SCHEMA)) schema += line + ' ';
  const std::regex enumeration(R"(enum (\w+) : ubyte \{([^}]*)\})");
  const std::regex value(R"((\w+) = (\d+))");
  std::size_t checked = 0;
  for (std::sregex_iterator e(schema.begin(), schema.end(), enumeration), end; e != end; ++e) {
    const std::string name = (*e)[1];
    if (name == "Status") continue;
    const std::string line = row("| `" + name + "` ");
    const std::string body = (*e)[2];
    for (std::sregex_iterator v(body.begin(), body.end(), value); v != end; ++v, ++checked) {
      const std::string told = (*v)[2].str() + " `" + (*v)[1].str() + "`";
      EXPECT_NE(line.find(told), line.npos) << name << ": " << told;
    }
  }
  EXPECT_GT(checked, 40);
}

alignas(8) constexpr std::array<std::uint8_t, 56> manual_ping = {
    0x30, 0x00, 0x00, 0x00, 0x48, 0x42, 0x00, 0x00,  //
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00,  //
    0x14, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00,  //
    0x0b, 0x00, 0x04, 0x00, 0x0e, 0x00, 0x00, 0x00,  //
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,  //
    0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  //
    0x04, 0x00, 0x04, 0x00, 0x04, 0x00, 0x00, 0x00};

TEST(SchemaManual, PingExampleIsReadAndWrittenByteForByte) {
  const auto bytes = std::as_bytes(std::span(manual_ping));
  const Request request = decode_request(first_frame(bytes, 1024).payload);
  EXPECT_EQ(request.id, 7);
  EXPECT_TRUE(std::holds_alternative<Ping>(request.body));

  RequestEncoder encoder;
  const RequestEncoder::Frame frame = encoder.ping(7);
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), bytes.begin(), bytes.end()));
}

TEST(SchemaManual, PartitionVectorsHold) {
  struct Vector {
    std::uint64_t user, hash;
    std::uint16_t partition;
  };
  const Vector vectors[] = {
      {1, 0x5692161d100b05e5, 1385},         {2, 0xdbd238973a2b148a, 3517},
      {3, 0x1e535eede31428f0, 485},          {1000, 0xc1936642eba4ead7, 3097},
      {123456789, 0xf21c87d4233ffd60, 3873}, {UINT64_MAX, 0xb4d055fcf2cbbd7b, 2893},
  };
  for (const Vector& v : vectors) {
    EXPECT_EQ(mix64(v.user), v.hash);
    EXPECT_EQ(partition_of(UserId(v.user)), PartitionId(v.partition));
  }
  EXPECT_EQ(partition_of(PacketId(8191)), PartitionId(4095));
  EXPECT_EQ(partition_of(PacketId(20480123)), PartitionId(123));
}

}  // namespace
}  // namespace hb::net
