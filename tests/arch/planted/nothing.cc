// Planted: a library whose listing shows no symbol, as a truncated one's would.
extern const int planted_nothing;
const int planted_nothing = 1;
