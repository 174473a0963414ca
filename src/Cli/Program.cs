Console.WriteLine("gpustyle");
