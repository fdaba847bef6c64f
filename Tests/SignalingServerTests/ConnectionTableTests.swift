import SignalingServer
import Testing

@Suite struct ConnectionTableTests {
    @Test func `A place is used again, a number is not`() {
        var numbers = ConnectionNumbers()
        var table = ConnectionTable<String>()
        let first = numbers.take()
        let second = numbers.take()
        table[first] = "first"
        table[second] = "second"
        #expect(table.removeValue(for: first) == "first")
        numbers.giveBack(first)
        let third = numbers.take()
        #expect(third.place == first.place && third != first)
        #expect(table[third] == nil)
        table[third] = "third"
        // Who still has the old number finds nothing, and takes nothing away.
        #expect(table[first] == nil)
        #expect(table.removeValue(for: first) == nil)
        table[first] = nil
        #expect(table[third] == "third" && table[second] == "second")
        #expect(table.count == 2)
        #expect(table.values.sorted() == ["second", "third"])
    }

    @Test func `Ten thousand that come and go take as many places as were open at once`() {
        var numbers = ConnectionNumbers()
        var table = ConnectionTable<Int>()
        var seen: Set<ConnectionID> = []
        var open: [ConnectionID] = []
        for index in 0..<10_000 {
            let id = numbers.take()
            #expect(seen.insert(id).inserted && id.place < 100)
            table[id] = index
            open.append(id)
            guard open.count == 100 else { continue }
            for id in open.prefix(50) {
                table[id] = nil
                numbers.giveBack(id)
            }
            open.removeFirst(50)
        }
        #expect(table.count == open.count)
        #expect(open.allSatisfy { table[$0] != nil })
    }
}
