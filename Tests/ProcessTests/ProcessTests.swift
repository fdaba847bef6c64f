import Testing

/// The programs as processes. One test at a time: each needs the machine for itself to say something about real time.
@Suite(.serialized) struct ProcessTests {}
