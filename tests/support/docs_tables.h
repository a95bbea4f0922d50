// SPDX-License-Identifier: GPL-2.0-or-later
/// The tables in docs/ that say what the program registers: fields, findings, rules. They are made, people write the
/// rest.
///
/// A table stands between two lines of its page:
///
///     <!-- table: fields wslens.frame -->   the field of that name and those whose names go on with a dot
///     <!-- table: fields -->                all fields that no other table of the page has
///     <!-- table: findings -->
///     <!-- table: rule fields -->
///     <!-- table: rules ID -->              the rules from ID on, up to where the next such table begins
///     <!-- end of table -->
#pragma once

#include <string>
#include <vector>

namespace wslens::test {

/// One line of a table in Markdown.
std::string table_row(const std::vector<std::string>& cells);

/// The page as it should be: each table is made anew. A table without an end, or of a kind that there is not, is a
/// failure of the test.
std::string with_tables(const std::string& page);

}  // namespace wslens::test
