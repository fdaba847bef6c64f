import Foundation
import TestEmulators

/// What a terminal emulator that others wrote shows after some bytes.
struct EmulatedScreen {
    var columns: Int
    var looks: [Look]

    subscript(column: Int, row: Int) -> Look { looks[row * columns + column] }

    static func libvterm(_ bytes: [UInt8], columns: Int, rows: Int) -> EmulatedScreen {
        let terminal = LibVTerm(columns: columns, rows: rows)
        terminal.feed(bytes)
        let looks = (0..<(columns * rows)).map { terminal.look($0 % columns, $0 / columns) }
        return EmulatedScreen(columns: columns, looks: looks)
    }

    /// What python3-pyte prints of each cell: its character and its colours by pyte's names.
    private static let script = """
        import sys, pyte
        data = sys.stdin.buffer
        while True:
            head = data.readline().split()
            if not head: break
            columns, rows, count = map(int, head)
            screen = pyte.Screen(columns, rows)
            pyte.ByteStream(screen).feed(data.read(count))
            for row in range(rows):
                for column in range(columns):
                    cell = screen.buffer[row][column]
                    print(ord(cell.data), cell.fg, cell.bg)
        """

    struct Failure: Error {
        var what: String
    }

    /// pyte, for each of some streams of bytes. It is told colours by name; `palette` says which index each has.
    static func pyte(_ streams: [(bytes: [UInt8], columns: Int, rows: Int)], colour: (String) -> UInt32?) throws -> [EmulatedScreen] {
        let process = Process()
        // Debian's, which has Debian's pyte.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let data = streams.reduce(into: Data()) { $0 += Data("\($1.columns) \($1.rows) \($1.bytes.count)\n".utf8) + Data($1.bytes) }
        let writer = Thread {
            try? input.fileHandleForWriting.write(contentsOf: data)
            try? input.fileHandleForWriting.close()
        }
        writer.start()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        guard process.terminationStatus == 0, lines.count == streams.reduce(0, { $0 + $1.columns * $1.rows }) else {
            throw Failure(what: "pyte did not run: is python3-pyte installed?")
        }
        var next = lines.startIndex
        return streams.map { stream in
            let looks = (0..<(stream.columns * stream.rows)).map { _ -> Look in
                let parts = lines[next].split(separator: " ").map(String.init)
                next += 1
                let scalar = UInt32(parts[0]).flatMap(Unicode.Scalar.init) ?? " "
                return Look(Character(scalar), foreground: colour(parts[1]), background: colour(parts[2]))
            }
            return EmulatedScreen(columns: stream.columns, looks: looks)
        }
    }

    /// pyte's names: of the first 16 colours, of others their RGB.
    static func pyteColour(_ name: String) -> UInt32? {
        if name == "default" { return nil }
        let names = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
        if let index = names.firstIndex(of: name) { return UInt32(index) }
        if name.hasPrefix("bright"), let index = names.firstIndex(of: String(name.dropFirst(6))) { return UInt32(index) + 8 }
        return UInt32(name, radix: 16)
    }
}
