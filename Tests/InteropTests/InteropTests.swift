import Testing

/// Calls with real browsers, through the pages of the server. One at a time: each needs the machine for itself.
@Suite(
    .serialized, .sharedBrowsers, .timeLimit(.minutes(10)),
    .enabled(if: BrowserKind.missing == nil, Comment(rawValue: BrowserKind.missing ?? "")))
struct InteropTests {}
