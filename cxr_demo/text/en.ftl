# What a person reads, in English. https://projectfluent.org/fluent/guide says how such a file is written; here a line
# break within a message is a space. Another language is a copy of this file under its code, with the same names and
# values: tests/text/test_catalogue.py compares them.

## Numbers (formats.py)

percent = { $number } %
undefined = not defined
interval = { $value } ({ $low } to { $high })
duration-minutes = about { $minutes } min
duration-seconds = about { $seconds } s
