/// Finds the tolerance at which a picture takes no more bytes than it may.
///
/// Before a picture is painted it is known how wrong each cell is. So it is known how many are worth their bytes at any tolerance; what they
/// take each is learnt from the pictures before. That holds for the very next picture, where a regulator would be late by one.
struct BudgetFitting {
    /// At which the picture at hand is painted, if the economy does not ask for more.
    private(set) var tolerance = 0.0

    /// How many times ``usualCost(_:at:)`` the cells of these pictures take.
    private var dearness = 1.0
    /// What the picture at hand would take were ``dearness`` 1, and what it has taken.
    private var expected = 0.0
    private var spent = 0
    private var isWhole = false

    /// Steps of tolerance: eight for each factor of two, from 1/16 on, by the leading bits of a floating-point number.
    private static let steps = 128
    private static let shift: UInt32 = 20
    private static let first = Int((1 / 16 as Float).bitPattern >> shift)
    /// Pictures of fewer bytes tell nothing of what a cell takes.
    private static let fewest = 400.0
    private let counts = Memory<Int32>(count: Self.steps)

    /// What a cell takes that is written with its colours and what leads to it.
    private static func usualCost(_ colours: ColourMode) -> Double {
        switch colours {
        case .truecolor: 24
        case .indexed256: 14
        case .ansi16, .ansi8: 8
        case .monochrome: 4
        }
    }

    /// The higher the tolerance, the more cells make do with the colours of the one before.
    private static func usualCost(_ colours: ColourMode, at tolerance: Double) -> Double {
        usualCost(colours) / (colours == .truecolor ? (1 + tolerance).squareRoot().squareRoot() : 1)
    }

    /// The least tolerance that a step stands for.
    private static func tolerance(_ step: Int) -> Double {
        Double(Float(bitPattern: UInt32(first + step) << shift))
    }

    /// Takes in what of a picture was written.
    mutating func painted(_ statistics: PaintStatistics) {
        let repairs = statistics.cells == 0 ? 0 : statistics.bytes * statistics.repaired / statistics.cells
        spent += statistics.bytes - repairs
        isWhole = statistics.isComplete
    }

    /// Sets ``tolerance`` for the picture that `cells` are to show.
    ///
    /// - Parameter price: what a byte must be worth at a tolerance of 1.
    mutating func fit(_ cells: CellStates, colours: ColourMode, price: Float, economy: PictureEconomy) {
        learn()
        guard let budget = economy.byteBudget, economy.tolerance > 0 else {
            tolerance = 0
            return
        }
        count(cells, scale: 1 / (price * Float(Self.usualCost(colours))))
        let most = Double(max(budget, 1)) / dearness
        let highest = min(economy.mostTolerance, PictureEconomy.mostTolerance)
        tolerance = economy.tolerance
        var worthwhile = 0.0
        for step in (0..<Self.steps).reversed() {
            // Cells of this step are written at any tolerance up to its own.
            let own = Self.tolerance(step)
            guard own >= economy.tolerance else { break }
            worthwhile += Double(counts.base[step])
            let cost = worthwhile * Self.usualCost(colours, at: min(own, highest))
            if own < highest, cost > most {
                tolerance = min(Self.tolerance(step + 1), highest)
                break
            }
            expected = cost
        }
    }

    private mutating func learn() {
        let found = Double(spent) / max(expected, 1)
        // Of a picture that was given up only so much is known, that it took no less.
        if expected >= Self.fewest, isWhole || found > dearness {
            dearness = min(max((dearness + found) / 2, 0.1), 10)
        }
        (spent, expected, isWhole) = (0, 0, false)
    }

    /// Sorts the cells by the tolerance up to which they are worth what they usually take.
    private func count(_ cells: CellStates, scale: Float) {
        let counts = counts.base
        for step in 0..<Self.steps { counts[step] = 0 }
        for index in 0..<cells.count where !cells.isCovered[index] && cells.excess[index] > 0 {
            let step = Int((cells.excess[index] * scale).bitPattern >> Self.shift) &- Self.first
            if step >= 0 { counts[min(step, Self.steps &- 1)] &+= 1 }
        }
    }
}
