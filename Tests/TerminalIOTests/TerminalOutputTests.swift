import TerminalIO
import Testing

@Suite struct TerminalOutputTests {
    @Test func whatTheSystemDoesNotTakeWaitsInOrder() {
        var output = TerminalOutput()
        var taken: [UInt8] = []
        output.append([1, 2, 3, 4, 5])
        output.flush { bytes in
            guard taken.count < 3 else { return nil }
            taken.append(bytes[0])
            return 1
        }
        #expect(taken == [1, 2, 3])
        #expect(!output.isFlushed)
        output.append([6])
        output.flush { bytes in
            taken += Array(bytes)
            return bytes.count
        }
        #expect(taken == [1, 2, 3, 4, 5, 6])
        #expect(output.isFlushed)
    }

    @Test func itIsBounded() {
        var output = TerminalOutput()
        let part = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<100 { output.append(part) }
        var count = 0
        output.flush { bytes in
            count += bytes.count
            return bytes.count
        }
        #expect(count <= TerminalOutput.mostBytes)
    }
}
