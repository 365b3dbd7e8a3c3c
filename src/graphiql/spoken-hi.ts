// A recording for the tab that transcribes, inline so that the tab runs before a file is chosen.

/** "Hi" in the sandbox's voice, four times as fast as usual: a WAV of 8,000 samples a second. */
export const spokenHi = [
  "data:audio/wav;base64,UklGRqQCAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YYACAAAAAIAAAAPIBRIEDvtR7szmMOwK/s8S/x70HKANC/gd5hDgrOj9+y",
  "URbx7BHWsPAfpY5wDgWOcB+msPwR1vHiUR/fus6BDgHeYL+KAN9Bz/Hs8S/v0Y6kHg++Qd9sgLCxxvH2YUAACa65Hg9eM49OMJBRu/H+gVAgKn",
  "7ffjA+kV9/sD8giVBjoCGQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC9AOsBifwy9f79uBJNEgL05+AJ+JMapxmA9gbgN/QhGNobaPpt4JPwTh",
  "WbHWf+VeEu7SQS5R5tArjiFeqxDrIfaAaR5FXnAwv/H0oK2ub55CgHyx8CDojpCeMwAxYfgRGR7I/hLP/kHboU6O+Q4Cr7OByfF4Hz2OAT+LkU",
  "HBGm+/j0av1AArEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAoADxAmkCPPoU8MLxawTDGR8cVAbQ6hfgp+73CpYe+BnGAPfm/+CZ8wcQwR9SFj",
  "L74ePZ4uv4mhT1H/4RxPWn4ZbldP6MGDAfHQ2m8FngIukJBL4bdx3WBwDsA+Bg7X8JGB7YGlIC9eem4C/yqw6HH2cXu/yn5PniPfhlD/IUoAn6",
  "/Nr5Zv3t/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMUAIAFu+m/4aAnzEq/5HeMW/G8eaw9Y51jnaw9vHv37EOAL+PQczxIY6vvkyAtvHwAAke",
  "A49AUb6BUx7Qzj9QfwHwMEkeGV8KgYqBiV8JHhAwTwH/UHDOMx7egVBRs49JHgAABvH8gL++QY6s8S9BwL+BDg/fuwHfINbezd77UHhAos//P8",
  "zv8AAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
].join("");
